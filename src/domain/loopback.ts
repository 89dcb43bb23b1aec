/** Which addresses only this machine reaches. */

/** Strict: a name that merely begins like an address of the loopback is none. */
export function isLoopback(ip: string): boolean {
  return ip === "::1" || ip === "localhost" || /^127(\.\d{1,3}){3}$/.test(ip);
}

/** Whether somebody on another machine may reach the service at one of these. */
export function listensOffLoopback(ips: readonly string[]): boolean {
  return !ips.every(isLoopback);
}
