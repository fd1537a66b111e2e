// Pages work without this file; it adds the design system's conveniences where the browser can.
import { initAll } from "../govuk/govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// A page that waits for a job looks again by itself, as long as it is in view.
if (document.querySelector("[data-look-again]")) {
  setInterval(() => { if (!document.hidden) location.reload(); }, 3000);
}

// A large file takes a while to send: the page says that it is under way.
for (const form of document.querySelectorAll("form[data-sending]")) {
  form.addEventListener("submit", () => {
    const line = form.querySelector("[role=status]");
    if (line) line.textContent = form.dataset.sending;
  });
}
