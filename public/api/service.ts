/** The calls about the service itself and its schedule. */
import { API, request } from "./http.ts";
import type { Plugin, SchedulePreview, SystemInfo } from "./types.ts";

export function getSystem(): Promise<SystemInfo> {
  return request<SystemInfo>(`${API}/system`);
}

/** Plugins and listeners. */
export async function listPlugins(): Promise<readonly Plugin[]> {
  return (await request<{ items: Plugin[] }>(`${API}/plugins`)).items;
}

/** The next three times of a cron expression, as the service would run it, or what is wrong with it. */
export function previewCron(cron: string, signal: AbortSignal): Promise<SchedulePreview> {
  return request<SchedulePreview>(`${API}/schedule/preview?cron=${encodeURIComponent(cron)}&count=3`, {
    signal,
  });
}
