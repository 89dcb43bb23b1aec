/** The plugins and listeners, below the tasks; nothing where there are none. */
import type { Plugin } from "../api/types.ts";
import { Badge } from "../parts/badge.tsx";
import { service } from "../state/service.ts";
import { useStore } from "../state/store.ts";
import { pluginCounts, pluginTone } from "../words/plugin.ts";

export function PluginsView() {
  const plugins = useStore(service, (now) => now.plugins);
  if (plugins.length === 0) return null;
  return (
    <section class="plugins" aria-labelledby="plugins-title">
      <h2 id="plugins-title">Plugins</h2>
      <ul>
        {plugins.map((plugin) => (
          <Row key={`${plugin.kind} ${plugin.name}`} plugin={plugin} />
        ))}
      </ul>
    </section>
  );
}

function Row({ plugin }: { plugin: Plugin }) {
  return (
    <li>
      <Badge tone={pluginTone(plugin)} word={plugin.state} />
      <span class="plugin-name" title={plugin.source}>
        {plugin.name}
      </span>
      <span class="muted">
        {plugin.kind === "listener" ? "listener, " : ""}
        {pluginCounts(plugin)}
      </span>
      {plugin.reason !== null && <span class="plugin-reason">{plugin.reason}</span>}
    </li>
  );
}
