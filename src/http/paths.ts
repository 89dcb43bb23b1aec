/** Paths of requests. */
export const API = "/api/v1";

export function pathOf(request: Request): string {
  return URL.parse(request.url)?.pathname ?? "/";
}

/** Whether problems are told there as problem+json. */
export function isApi(path: string): boolean {
  return path === API || path.startsWith(`${API}/`) || path === "/metrics";
}
