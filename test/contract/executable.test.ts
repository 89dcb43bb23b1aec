import { endService, launchService } from "../helpers/service.ts";
import { contractSuite } from "./contract-suite.ts";

contractSuite("over the wire to the executable", async (folder) => {
  const service = await launchService(folder);
  return { baseUrl: service.url, close: () => endService(service) };
});
