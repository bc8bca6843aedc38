/** What the examples run is built from the sources as they are now. */
import { bundleEdges } from "../../scripts/lib/edge-bundle.ts";

export default bundleEdges;
