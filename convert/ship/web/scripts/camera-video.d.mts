export function writeVideo(path: string, width?: number, height?: number, frames?: number): string;
