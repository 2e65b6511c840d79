import t from 'tap';
import { keptFields } from '../../src/policy/fields.ts';
import { holdBack } from '../../src/proxy/hold-back.ts';
import { createNobody } from '../../src/proxy/nobody.ts';
import type { Downstream } from '../../src/proxy/ports.ts';

const SIGNATURE = { cacheStatus: 'cacheside; hit', requestId: 'id-1', age: 3 };

/** A downstream that writes down what it is told. */
function createWitness() {
  const told: string[] = [];
  const witness: Downstream = {
    ...createNobody(),
    send: (status) => void told.push(`send ${status}`),
    begin: (status) => void told.push(`begin ${status}`),
    write(chunk) {
      told.push(`write ${Buffer.from(chunk)}`);
      return true;
    },
    end: () => void told.push('end'),
    destroy: () => void told.push('destroy'),
  };
  return { told, witness };
}

t.test('what need not wait passes at once', async (t) => {
  const { told, witness } = createWitness();
  const held = holdBack(witness, () => undefined);
  held.begin(200, [], SIGNATURE);
  t.equal(held.write(Buffer.from('a')), true);
  held.end();
  t.same(told, ['begin 200', 'write a', 'end']);
});

t.test('an answer leaves in order once it may, and the upstream is held back until then', async (t) => {
  const { told, witness } = createWitness();
  let release = () => {};
  const held = holdBack(witness, () => new Promise((resolve) => (release = resolve)));
  let drained = 0;
  held.onDrain = () => drained++;
  t.notOk(held.begun);
  held.begin(201, [], SIGNATURE);
  t.ok(held.begun);
  t.equal(held.write(Buffer.from('a')), false);
  held.end();
  await new Promise(setImmediate);
  t.same(told, []);
  t.equal(drained, 0);
  release();
  await new Promise(setImmediate);
  t.same(told, ['begin 201', 'write a', 'end']);
  t.equal(drained, 1);
});

t.test('nobody can say: the answer leaves all the same', async (t) => {
  const { told, witness } = createWitness();
  holdBack(witness, () => Promise.reject(new Error('gone'))).send(204, keptFields([]), SIGNATURE, undefined);
  await new Promise(setImmediate);
  t.same(told, ['send 204']);
});

t.test('an answer that is cut meanwhile never begins', async (t) => {
  const { told, witness } = createWitness();
  let release = () => {};
  const held = holdBack(witness, () => new Promise((resolve) => (release = resolve)));
  held.begin(200, [], SIGNATURE);
  held.write(Buffer.from('a'));
  held.destroy();
  release();
  await new Promise(setImmediate);
  t.same(told, ['destroy']);
});
