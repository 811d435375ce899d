/** The page's side of the worker: each question is a promise. */

import type { Calls, Kind, Reply, Request } from './messages';
import InferenceWorker from './worker?worker';

/** What went wrong in the worker; `forPerson` tells whether its message is for the person who chose the picture. */
export class WorkerError extends Error {
  constructor(message: string, readonly forPerson = false) {
    super(message);
  }
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: WorkerError): void;
}

/** Asks the worker; questions are answered in the order they were asked, maps aside. */
export class Client {
  private readonly worker = new InferenceWorker();
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;

  constructor() {
    this.worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('error' in data) waiting?.reject(new WorkerError(data.error, data.forPerson));
      else waiting?.resolve(data.answer);
    });
    this.worker.addEventListener('error', (event) => {
      const error = new WorkerError(event.message || 'the worker could not be started');
      this.waiting.forEach((waiting) => waiting.reject(error));
      this.waiting.clear();
    });
  }

  ask<K extends Kind>(kind: K, carried: Calls[K]['ask'], transfer: Transferable[] = []): Promise<Calls[K]['answer']> {
    const id = ++this.asked;
    return new Promise<Calls[K]['answer']>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      this.worker.postMessage({ id, kind, ...carried } as unknown as Request, transfer);
    });
  }
}
