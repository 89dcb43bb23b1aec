import { serveInProcess } from "../helpers/in-process.ts";
import { contractSuite } from "./contract-suite.ts";

contractSuite("in process", serveInProcess);
