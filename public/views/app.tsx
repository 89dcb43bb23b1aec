/** The whole page: header, banner, tasks, and whichever dialog is open. */
import { useEffect } from "preact/hooks";
import { Toaster } from "../parts/toaster.tsx";
import { service } from "../state/service.ts";
import { visitor } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { taskProblem } from "../task/condition.ts";
import { LoginView } from "./access/login-view.tsx";
import { AwayBanner } from "./away-banner.tsx";
import { TroubleBanner } from "./trouble-banner.tsx";
import { Dialogs } from "./dialogs.tsx";
import { Header } from "./header.tsx";
import { PluginsView } from "./plugins-view.tsx";
import { TasksView } from "./tasks/tasks-view.tsx";

export function App() {
  useProblemsInTitle();
  if (useStore(visitor, (now) => now.asked)) return <LoginView />;
  return (
    <>
      <Header />
      <AwayBanner />
      <TroubleBanner />
      <main>
        <TasksView />
        <PluginsView />
      </main>
      <Dialogs />
      <Toaster />
    </>
  );
}

function useProblemsInTitle(): void {
  const problems = useStore(
    service,
    (now) => [...now.tasks.values()].filter((task) => taskProblem(task) !== null).length,
  );
  const host = useStore(service, (now) => now.system?.host);
  useEffect(() => {
    const name = host ? `Meproc · ${host}` : "Meproc";
    document.title = problems > 0 ? `(${problems}) ${name}` : name;
  }, [problems, host]);
}
