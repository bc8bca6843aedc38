// `npm run protocol`: writes docs/schema/ after a change of the wire, of HTTP routes or of docs/protocol.md.
import { writeProtocolDocuments } from "./protocol/documents.ts";

await writeProtocolDocuments();
