/** Installing the app, keeping it offline, and taking up a new version when the person says so. */

interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

/** Register the service worker; `install` and `update` are shown when there is something to press them for. */
export function keepOffline(install: HTMLButtonElement, update: HTMLButtonElement): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    install.hidden = false;
    install.onclick = () => void (event as InstallEvent).prompt();
  });
  window.addEventListener('appinstalled', () => { install.hidden = true; });
  const wrapped = 'Capacitor' in window; // a store app has all its files anyway
  if (import.meta.env.DEV || wrapped || !('serviceWorker' in navigator)) return;
  void register(update);
}

async function register(update: HTMLButtonElement): Promise<void> {
  const taken = navigator.serviceWorker.controller !== null; // not the first visit
  const registration = await navigator.serviceWorker.register('sw.js').catch(() => undefined);
  if (!registration) return; // a browser in private mode may refuse; the page works without
  const offer = () => {
    if (!registration.waiting || !taken) return;
    update.hidden = false;
    update.onclick = () => registration.waiting?.postMessage('take-over');
  };
  offer();
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', offer));
  if (taken) navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
}
