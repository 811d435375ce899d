/** The phone's camera: opening it, and telling when it has a new frame. */

/** Why there is no camera; its message is for the person who asked for it. */
export class CameraError extends Error {}

export type Facing = 'environment' | 'user';

const REASONS: Readonly<Record<string, string>> = {
  NotAllowedError: 'The camera was refused. Allow it for this page in the browser’s settings, or choose a photo instead.',
  SecurityError: 'The camera was refused. Allow it for this page in the browser’s settings, or choose a photo instead.',
  NotFoundError: 'There is no camera on this device. Choose a photo instead.',
  OverconstrainedError: 'There is no such camera on this device. Choose a photo instead.',
  NotReadableError: 'The camera is in use by another app. Close that one and try again.',
  AbortError: 'The camera stopped. Try again.',
};

/** Open a camera, without sound; `CameraError` where that is not possible. */
export async function openCamera(facing: Facing): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new CameraError('The camera works on a page that is served over https only.');
  try {
    const video = { facingMode: { ideal: facing }, width: { ideal: 1280 }, height: { ideal: 720 } };
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    const { name, message } = error as DOMException;
    throw new CameraError(REASONS[name] ?? `The camera cannot be opened (${message || name}).`);
  }
}

/** Return whether there is more than one camera; known once one was allowed. */
export async function hasOtherCamera(): Promise<boolean> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === 'videoinput').length > 1;
}

/** Tells when a video shows a frame that was not taken yet. */
export class FrameClock {
  private fresh = false;
  private stopped = false;
  private wake: () => void = () => undefined;
  private time = -1; // s, of the video

  constructor(private readonly video: HTMLVideoElement) {
    this.listen();
  }

  /** Wait for a frame that was not taken yet, and take it; false once stopped. */
  async take(): Promise<boolean> {
    if (!this.fresh && !this.stopped) await new Promise<void>((resolve) => (this.wake = resolve));
    this.fresh = false;
    return !this.stopped;
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private listen(): void {
    if (this.stopped) return;
    if ('requestVideoFrameCallback' in this.video) {
      this.video.requestVideoFrameCallback(() => this.show());
      return;
    }
    // Browsers without it: a frame is new where the clock of the video has gone on.
    requestAnimationFrame(() => {
      const { currentTime } = this.video as HTMLVideoElement;
      if (currentTime !== this.time) this.show();
      else this.listen();
      this.time = currentTime;
    });
  }

  private show(): void {
    this.fresh = true;
    this.wake();
    this.listen();
  }
}
