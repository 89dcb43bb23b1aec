import { expect, test } from "bun:test";
import { allowedMethods } from "../../src/http/allowed-methods.ts";
import { pageUrl, webUrl } from "../../src/http/address.ts";

const at = (ip: string, web: { ip?: string; port?: number } = {}) => ({
  ip,
  port: 8606,
  tls: null,
  web: { ip: web.ip ?? null, port: web.port ?? null },
});

test("the page's address is one that a browser can open", () => {
  expect(pageUrl(at("127.0.0.1"))).toBe("http://127.0.0.1:8606/");
  expect(pageUrl(at("0.0.0.0"))).toBe("http://127.0.0.1:8606/");
  expect(pageUrl(at("::1"))).toBe("http://[::1]:8606/");
});

test("[web] says how it is reached from outside", () => {
  expect(webUrl(at("0.0.0.0"))).toBeNull();
  expect(webUrl(at("0.0.0.0", { ip: "10.1.2.3", port: 80 }))).toBe("http://10.1.2.3:80");
  expect(pageUrl(at("127.0.0.1", { port: 9000 }))).toBe("http://127.0.0.1:9000/");
});

test("the methods of a path come from the routes", () => {
  const routes = [
    { method: "GET", path: "/a/:name" },
    { method: "DELETE", path: "/a/:name" },
    { method: "POST", path: "/a" },
  ];
  expect(allowedMethods(routes, "/a/x")).toBe("GET, DELETE, HEAD, OPTIONS");
  expect(allowedMethods(routes, "/a/")).toBe("POST, OPTIONS");
  expect(allowedMethods(routes, "/a/x/y")).toBeNull();
});
