import { bridgeContract } from "./bridge-contract.ts";
import { start } from "./runtimes.ts";

bridgeContract("Worker (workerd)", start["Worker (workerd)"], "limiter");
