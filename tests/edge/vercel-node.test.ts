import { bridgeContract } from "./bridge-contract.ts";
import { start } from "./runtimes.ts";

bridgeContract("Vercel, Node.js", start["Vercel, Node.js"]);
