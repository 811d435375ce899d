import type { LaunchOptions } from '@playwright/test';

export function findChromium(): string | undefined;
export function launchOptions(args?: string[]): LaunchOptions;
export function fakeCamera(video: string): string[];
export function findPort(): Promise<number>;
