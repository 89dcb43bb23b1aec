/** Says that the service cannot be reached, for as long as that is so. */
import { Busy } from "../parts/busy.tsx";
import { service } from "../state/service.ts";
import { useStore } from "../state/store.ts";

export function AwayBanner() {
  const away = useStore(service, (now) => now.link === "away");
  const loaded = useStore(service, (now) => now.loaded);
  return (
    <div role="alert" class="banner-place">
      {away && (
        <p class="banner">
          <Busy />
          <span>
            <strong>The service is away, trying again…</strong>{" "}
            {loaded && "What you see is how things were when it was last here."}
          </span>
        </p>
      )}
    </div>
  );
}
