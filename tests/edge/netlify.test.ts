import { bridgeContract } from "./bridge-contract.ts";
import { start } from "./runtimes.ts";

bridgeContract("Netlify (Deno)", start["Netlify (Deno)"]);
