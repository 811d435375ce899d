import type { CapacitorConfig } from '@capacitor/cli';

const config: CapacitorConfig = {
  appId: 'org.example.fakelens', // yours: a name you own, backwards; the stores know the app by it
  appName: 'fakelens',
  webDir: 'dist',
};

export default config;
