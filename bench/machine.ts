import { cpus, release, totalmem, type } from 'node:os';

/** What a run ran on. */
export interface Machine {
  readonly model: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  /** Names and versions. */
  readonly tools: readonly string[];
}

export function describeMachine(tools: readonly string[]): Machine {
  const processors = cpus();
  return {
    model: processors[0]?.model.trim() ?? 'unknown processor',
    cores: processors.length,
    memory: totalmem(),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    tools,
  };
}
