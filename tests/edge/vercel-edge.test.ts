import { bridgeContract } from "./bridge-contract.ts";
import { start } from "./runtimes.ts";

bridgeContract("Vercel, edge runtime", start["Vercel, edge runtime"]);
