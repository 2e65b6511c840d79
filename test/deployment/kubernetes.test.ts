import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { readDockerfile } from '../../scripts/image/dockerfile.ts';
import { loadConfig } from '../../src/config/load.ts';
import { dig, keys, list, named } from './dig.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'config/kubernetes');
const MIB = 1024 * 1024;
/** What a process takes beside `memory.limit`, by docs/deployment.md. */
const BESIDE = 200;

const read = (path: string): unknown[] =>
  parseAllDocuments(readFileSync(join(FOLDER, path), 'utf8'), { merge: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors.join()}`);
    return document.toJS();
  });

const [deployment] = read('base/deployment.yaml');
const [kustomization] = read('base/kustomization.yaml');
const pod = dig(deployment, 'spec', 'template', 'spec');
const containers = list(pod, 'containers');
const api = named(containers, 'api');
const cacheside = named(containers, 'cacheside');
const tokens = { CACHESIDE_OPERATOR_TOKEN: 'o', CACHESIDE_PROMETHEUS_TOKEN: 'p' };
const config = loadConfig({ file: join(FOLDER, 'base/proxy.yaml'), flags: {}, env: tokens });
const seconds = (name: string) => Number(dig(pod, name));

t.test('every file is one of a kustomization, and every file named is there', async (t) => {
  for (const folder of readdirSync(FOLDER)) {
    const [own] = read(`${folder}/kustomization.yaml`);
    const patches = list(own, 'patches').map((patch) => String(dig(patch, 'path')));
    const generated = ['configMapGenerator', 'secretGenerator'].flatMap((generator) =>
      list(own, generator).flatMap((one) => list(one, 'files').map(String)),
    );
    const resources = [...list(own, 'resources'), ...list(own, 'configurations')].map(String);
    const all = [...patches, ...resources, ...generated];
    const there = all.filter((path) => !path.startsWith('secrets/'));
    for (const path of there) t.ok(existsSync(join(FOLDER, folder, path)), `${folder}: ${path}`);
    const files = readdirSync(join(FOLDER, folder)).filter((name) => name.endsWith('.yaml'));
    t.same(
      files.filter((name) => name !== 'kustomization.yaml' && !all.includes(name)),
      [],
      `${folder}: none is left over`,
    );
  }
});

t.test('what refers to something finds it', async (t) => {
  const generated = (generator: string) => list(kustomization, generator).map((one) => dig(one, 'name'));
  for (const volume of list(pod, 'volumes')) {
    const map = dig(volume, 'configMap', 'name');
    const secret = dig(volume, 'secret', 'secretName');
    const isMade =
      map === undefined
        ? generated('secretGenerator').includes(secret)
        : generated('configMapGenerator').includes(map);
    t.ok(isMade, `${dig(volume, 'name')}`);
  }
  const mounts = new Map(
    list(cacheside, 'volumeMounts').map((mount) => [dig(mount, 'name'), String(dig(mount, 'mountPath'))]),
  );
  t.same(
    [...mounts.keys()],
    list(pod, 'volumes').map((volume) => dig(volume, 'name')),
  );
  t.same(list(cacheside, 'args'), ['--config', `${mounts.get('config')}/proxy.yaml`]);
  t.same(list(kustomization, 'configMapGenerator', 0, 'files'), ['proxy.yaml']);
  const files = list(kustomization, 'secretGenerator', 0, 'files').map((file) =>
    String(file).replace('secrets/', ''),
  );
  const variables = list(cacheside, 'env').filter((variable) => dig(variable, 'value') !== undefined);
  t.same(
    variables.map((variable) => [dig(variable, 'name'), dig(variable, 'value')]),
    files.map((file) => [
      `CACHESIDE_${file.toUpperCase().replace('-', '_')}_FILE`,
      `${mounts.get('tokens')}/${file}`,
    ]),
  );
  const labels = dig(deployment, 'spec', 'template', 'metadata', 'labels');
  const [service] = read('base/service.yaml');
  const [budget] = read('base/disruption-budget.yaml');
  const [policy] = read('base/network-policy.yaml');
  const [monitor] = read('monitoring/pod-monitor.yaml');
  t.same(dig(deployment, 'spec', 'selector', 'matchLabels'), labels);
  t.same(dig(service, 'spec', 'selector'), labels);
  t.same(dig(budget, 'spec', 'selector', 'matchLabels'), labels);
  t.same(dig(policy, 'spec', 'podSelector', 'matchLabels'), labels);
  t.same(dig(monitor, 'spec', 'selector', 'matchLabels'), labels);
  const ports = list(cacheside, 'ports').map((port) => dig(port, 'name'));
  const used = [
    ...list(service, 'spec', 'ports').map((port) => dig(port, 'targetPort')),
    ...list(policy, 'spec', 'ingress').flatMap((rule) =>
      list(rule, 'ports').map((port) => dig(port, 'port')),
    ),
    ...list(monitor, 'spec', 'podMetricsEndpoints').map((endpoint) => dig(endpoint, 'port')),
    ...['startupProbe', 'readinessProbe', 'livenessProbe'].map((probe) =>
      dig(cacheside, probe, 'httpGet', 'port'),
    ),
  ];
  t.same([...new Set(used)].sort(), [...ports].sort());
  const credentials = dig(monitor, 'spec', 'podMetricsEndpoints', 0, 'authorization', 'credentials');
  t.match(credentials, { name: dig(kustomization, 'secretGenerator', 0, 'name') });
  t.ok(files.includes(String(dig(credentials, 'key'))));
});

t.test('it agrees with its configuration, and with the image', async (t) => {
  const port = (name: string) => Number(dig(named(list(cacheside, 'ports'), name), 'containerPort'));
  t.equal(port('admin'), config.admin.listen?.port);
  t.equal(port('http'), 8080);
  t.equal(config.upstream.origin, `http://127.0.0.1:${dig(api, 'ports', 0, 'containerPort')}`);
  const drain = (config.drainDelay + config.drainTimeout) / 1_000;
  t.ok(config.drainDelay >= 2_000, 'endpoints are withdrawn meanwhile');
  t.ok(
    Number(dig(api, 'lifecycle', 'preStop', 'sleep', 'seconds')) > drain,
    'the service outlives the drain',
  );
  t.ok(
    seconds('terminationGracePeriodSeconds') > Number(dig(api, 'lifecycle', 'preStop', 'sleep', 'seconds')),
  );
  const memory = `${(config.memory?.limit ?? 0) / MIB + BESIDE}Mi`;
  t.match(dig(cacheside, 'resources'), { requests: { memory }, limits: { memory } });
  const { instructions = [] } = readDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')).at(-1) ?? {};
  const user = instructions.find(({ name }) => name === 'USER')?.text;
  const context = dig(cacheside, 'securityContext');
  t.equal(`${dig(context, 'runAsUser')}:${dig(context, 'runAsGroup')}`, user);
  t.match(context, { runAsNonRoot: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
  for (const probe of ['startupProbe', 'readinessProbe'])
    t.equal(dig(cacheside, probe, 'httpGet', 'path'), '/readyz', probe);
  t.equal(dig(cacheside, 'livenessProbe', 'httpGet', 'path'), '/healthz');
});

t.test('the other order of the containers: the service is stopped last', async (t) => {
  const [patch] = read('native-order/deployment.yaml');
  t.same(dig(patch, 'metadata'), { name: dig(deployment, 'metadata', 'name') });
  const patched = dig(patch, 'spec', 'template', 'spec');
  const sidecar = named(list(patched, 'initContainers'), 'api');
  t.match(sidecar, { restartPolicy: 'Always', ports: list(api, 'ports') });
  t.same(keys(sidecar, 'lifecycle'), [], 'nothing sleeps');
  t.same(list(patched, 'containers'), [{ name: 'api', $patch: 'delete' }]);
});
