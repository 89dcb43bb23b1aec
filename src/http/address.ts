/** Addresses as people type them. */
import type { Config } from "../domain/config.ts";

type Addresses = Pick<Config, "ip" | "port" | "web" | "tls">;

/** The address at which the page is reached from outside, if the configuration names one. */
export function webUrl({ ip, port, web, tls }: Addresses): string | null {
  if (web.ip === null && web.port === null) return null;
  return httpUrl(web.ip ?? reachable(ip), web.port ?? port, tls !== null);
}

/** Where a person on this machine, or from outside if that is configured, opens the page. */
export function pageUrl(config: Addresses): string {
  return `${webUrl(config) ?? httpUrl(reachable(config.ip), config.port, config.tls !== null)}/`;
}

export function httpUrl(ip: string, port: number, secure = false): string {
  return `${secure ? "https" : "http"}://${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
}

/** "All addresses" is none that a browser can open. */
function reachable(ip: string): string {
  if (ip === "0.0.0.0") return "127.0.0.1";
  return ip === "::" ? "::1" : ip;
}
