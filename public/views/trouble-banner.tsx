/** Says what the service cannot write, its database or output, for as long as that is so. */
import { service } from "../state/service.ts";
import { useStore } from "../state/store.ts";

export function TroubleBanner() {
  const store = useStore(service, (now) => now.system?.store_trouble ?? null);
  const warnings = useStore(service, (now) => now.system?.warnings);
  const output = useStore(service, (now) => now.system?.output_trouble ?? null);
  return (
    <div role="alert" class="banner-place">
      {(warnings ?? []).map((warning) => (
        <p class="banner" key={warning}>
          <strong>{warning}</strong>
        </p>
      ))}
      {store !== null && (
        <p class="banner">
          <span>
            <strong>The service cannot write its database: {store}.</strong> Tasks go on; what is missing is
            made up for later.
          </span>
        </p>
      )}
      {output !== null && (
        <p class="banner">
          <span>
            <strong>Output is being lost: {output}.</strong> Tasks go on; how much is missing stands in their
            output, at the place.
          </span>
        </p>
      )}
    </div>
  );
}
