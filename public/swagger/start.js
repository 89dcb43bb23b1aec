/** Swagger UI over the service's own document; nothing comes from another host. */
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
document.body.style.margin = "0";

const ui = window.SwaggerUIBundle({
  url: "/swagger/json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  // Whatever address the document names for others, calls from here go to where this page came from.
  onComplete: () => ui.oas3Actions.setSelectedServer("/"),
});
