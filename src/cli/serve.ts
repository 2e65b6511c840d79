import type { Logger } from 'pino';
import { type Address, formatAddress } from '../address.ts';
import { onUncaught } from '../app/uncaught.ts';
import { type App, createApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import { type LoadOptions, loadConfig } from '../config/load.ts';
import { loudSwitches } from '../config/loud-switches.ts';
import { ConfigError, formatProblem } from '../config/problems.ts';
import { OperatorError } from '../errors.ts';
import { createAudit } from '../observe/audit.ts';
import { type LogSink, openLogSink } from '../observe/log-sink.ts';
import { createLogger, createLogOutput, tellLost } from '../observe/logger.ts';
import { descriptorShortage } from './descriptors.ts';
import { idleSettings } from './idle-settings.ts';
import { type HeldSignals, onSignals } from './signals.ts';
import { version } from './version.ts';

/** How long a process lingers once it has stopped, for logs to be written; ms. */
const LINGER = 1_000;

/**
 * `cacheside serve`: runs until SIGTERM or SIGINT. Resolves once it listens; throws a ConfigError for
 * a bad configuration and an error of Node for an address that can't be listened on. `held`: the signals that came so far
 * are acted on then.
 */
export async function serve(options: LoadOptions, held: HeldSignals): Promise<void> {
  const config = loadConfig(options);
  // Requests wait while it is read.
  const load = () => loadConfig({ ...options, patience: 0 });
  const sink = openLogSink(1, { shared: config.workers > 1, onLost: (lines) => tellLost(log, lines) });
  const logOutput = createLogOutput(config.log, sink);
  const log = createLogger(config.log.level, logOutput);
  onUncaught(log, (within) => app.close({ within }));
  const app = createApp(config, { log, logOutput, logDropped: () => sink.dropped, loadConfig: load });
  const bound = await app.listen().catch(async (error: unknown) => {
    await app.close({ force: true });
    throw error;
  });
  // A pipe that nobody reads would hold up everything.
  openLogSink(2).write(`${announcement(config, bound)}\n`);
  const target = formatAddress(bound.proxy);
  const audit = createAudit(log);
  const without = loudSwitches(config);
  audit({
    action: 'start',
    by: 'local',
    from: 'command line',
    target,
    result: 'done',
    details: { file: config.file, without },
  });
  if (without.length > 0) log.warn({ without }, 'settings that give up a protection: see SECURITY.md');
  const idle = idleSettings(config);
  if (idle.length > 0) log.warn({ idle }, 'settings without effect, for there is no Redis');
  const descriptors = descriptorShortage(config);
  if (descriptors !== undefined)
    log.warn(
      { descriptors },
      'fewer files may be open than connections are allowed: raise `ulimit -n`, or lower `clients.max-connections`',
    );
  const disconnect = onSignals(
    {
      reload: () => void reload(app, log),
      drain: (signal) => {
        log.info({ signal }, 'stopping: finishing the requests under way');
        audit({ action: 'stop', by: 'local', from: signal, target, result: 'done' });
        void stop(app, log, sink, disconnect);
      },
      force: () => {
        void app.close({ force: true }).finally(() => process.exit(1));
        setTimeout(() => process.exit(1), LINGER).unref();
      },
      ignored: (signal) => log.info({ signal }, 'this signal means nothing here'),
    },
    held,
  );
}

/** One line for people: what to open in a browser. */
function announcement(config: Config, bound: { proxy: Address; admin: Address | undefined }): string {
  const admin = bound.admin === undefined ? 'admin off' : `admin http://${formatAddress(bound.admin)}`;
  const proxy = `http://${formatAddress(bound.proxy)}`;
  return `cacheside ${version()}: ${proxy} in front of ${config.upstream.origin}, ${admin}`;
}

async function reload(app: App, log: Logger): Promise<void> {
  try {
    await app.reload({ by: 'local', from: 'SIGHUP' });
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const problem of error.problems) log.error(formatProblem(problem));
    } else if (error instanceof OperatorError) log.error(error.message);
    else log.error({ err: error }, 'the configuration could not be reloaded');
    log.error('kept the running configuration');
  }
}

/** Ends the process by leaving nothing to do; whatever still holds it up is cut off. */
async function stop(app: App, log: Logger, sink: LogSink, disconnect: () => void): Promise<void> {
  try {
    await app.close();
  } catch (error) {
    log.error({ err: error }, 'stopped with an error');
    process.exitCode = 1;
  }
  disconnect();
  await sink.close(LINGER);
  setTimeout(() => process.exit(), LINGER).unref();
}
