/** Says that the service cannot write its database, for as long as that is so. */
import { service } from "../state/service.ts";
import { useStore } from "../state/store.ts";

export function StoreBanner() {
  const reason = useStore(service, (now) => now.system?.store_trouble ?? null);
  return (
    <div role="alert" class="banner-place">
      {reason !== null && (
        <p class="banner">
          <span>
            <strong>The service cannot write its database: {reason}.</strong> Tasks go on; what is missing is
            made up for later.
          </span>
        </p>
      )}
    </div>
  );
}
