// `/chat` as a Vercel Function on Node.js (Fluid compute): the form that Vercel recommends. vercel.json lets a departure cancel it.
import { vercelFunction } from "../bridge/vercel.js";

export default vercelFunction;
