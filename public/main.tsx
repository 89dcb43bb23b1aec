/**
 * The page: composition root. It mounts the views and starts what keeps them current.
 * It knows the service by its HTTP API only, at the origin that the page came from.
 */
import { render } from "preact";
import { watchService } from "./state/live.ts";
import { beginSession } from "./state/session.ts";
import { App } from "./views/app.tsx";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no element #app");
render(<App />, root);
void beginSession().then(watchService);
