import fc from 'fast-check';
import t from 'tap';
import { acceptedForms, CODINGS, type Coding } from '../../src/policy/content-coding.ts';

const ALL: readonly Coding[] = ['br', 'zstd', 'gzip'];

const ROWS: { id: string; accept: string | undefined; offered?: readonly Coding[]; expect: string }[] = [
  { id: 'absent', accept: undefined, expect: 'identity' },
  { id: 'empty: no coding is wanted', accept: '', expect: 'identity' },
  { id: 'identity', accept: 'identity', expect: 'identity' },
  {
    id: 'as browsers send it: the order of the server',
    accept: 'gzip, deflate, br, zstd',
    expect: 'br zstd gzip identity',
  },
  {
    id: 'another order of the server',
    accept: 'gzip, br',
    offered: ['gzip', 'br'],
    expect: 'gzip br identity',
  },
  { id: 'only what is offered', accept: 'br, gzip', offered: ['gzip'], expect: 'gzip identity' },
  { id: 'nothing that is offered', accept: 'deflate, compress', expect: 'identity' },
  { id: 'weights before the order', accept: 'br;q=0.5, gzip;q=0.8', expect: 'gzip br identity' },
  { id: 'weights of three decimals', accept: 'br;q=0.501,gzip;q=0.5', expect: 'br gzip identity' },
  { id: 'weight 0 refuses', accept: 'br;q=0, gzip;q=0.0, zstd;q=0.000', expect: 'identity' },
  { id: 'white space and case', accept: ' BR ; Q=0.5 ,\tGZip', expect: 'gzip br identity' },
  { id: 'x-gzip is gzip', accept: 'x-gzip', expect: 'gzip identity' },
  { id: 'star takes the rest', accept: '*', expect: 'br zstd gzip identity' },
  { id: 'star takes what is not named', accept: 'br;q=0, *;q=0.1', expect: 'zstd gzip identity' },
  { id: 'star behind what is named', accept: 'gzip, *;q=0.5', expect: 'gzip br zstd identity' },
  { id: 'identity refused', accept: 'gzip, identity;q=0', expect: 'gzip' },
  { id: 'identity refused by star', accept: 'gzip, *;q=0', expect: 'gzip' },
  {
    id: 'identity named beside the star that refuses the rest',
    accept: 'identity;q=0.1, *;q=0',
    expect: 'identity',
  },
  { id: 'everything refused', accept: 'identity;q=0', expect: '' },
  { id: 'everything refused by star', accept: '*;q=0', expect: '' },
  { id: 'identity liked better', accept: 'gzip;q=0.5, identity', expect: 'identity gzip' },
  { id: 'identity liked as much', accept: 'identity, gzip', expect: 'gzip identity' },
  { id: 'identity between', accept: 'br;q=0.2, identity;q=0.5, gzip', expect: 'gzip identity br' },
  { id: 'twice: the smaller weight', accept: 'gzip, gzip;q=0', expect: 'identity' },
  { id: 'twice under both names', accept: 'gzip;q=0, x-gzip', expect: 'identity' },
  { id: 'a weight above 1 is none', accept: 'gzip;q=2, br', expect: 'br identity' },
  { id: 'a weight of four decimals is none', accept: 'gzip;q=0.1234', expect: 'identity' },
  { id: 'another parameter', accept: 'gzip;level=9', expect: 'identity' },
  { id: 'not even by a star', accept: 'gzip;level=9, *', expect: 'br zstd identity' },
  { id: 'identity is refused plainly or not at all', accept: 'identity;q=0.0000, br', expect: 'br identity' },
  { id: 'empty members', accept: ',, br,,', expect: 'br identity' },
  { id: 'nonsense', accept: '"gzip", <br>', expect: 'identity' },
];

for (const { id, accept, offered = ALL, expect } of ROWS) {
  t.test(id, async (t) => {
    t.equal(acceptedForms(accept, offered).join(' '), expect);
    t.equal(acceptedForms(accept, offered).join(' '), expect, 'the same once it is known');
  });
}

t.test('each list has its own answers', async (t) => {
  t.same(acceptedForms('br, gzip', ['br']), ['br', 'identity']);
  t.same(acceptedForms('br, gzip', ['gzip']), ['gzip', 'identity']);
});

t.test('more values than are remembered are answered all the same', async (t) => {
  const offered: readonly Coding[] = ['br'];
  for (let i = 0; i < 1_000; i++) t.equal(acceptedForms(`br, x${i}`, offered)[0], 'br');
});

/** By the letter of RFC 9110 §12.5.3, for lists without mistakes and without repetition. */
const member = fc.record({
  name: fc.constantFrom(...CODINGS, 'identity', '*', 'deflate'),
  weight: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
});
const members = fc.uniqueArray(member, { selector: ({ name }) => name, maxLength: 6 });
const shown = (list: readonly { name: string; weight: number | undefined }[]) =>
  list
    .map(({ name, weight }) => (weight === undefined ? name : `${name};q=${(weight / 1000).toFixed(3)}`))
    .join(', ');

t.test('nothing that is refused, and everything else', async () => {
  fc.assert(
    fc.property(members, fc.shuffledSubarray([...CODINGS]), (list, offered) => {
      const weightOf = (form: string) => {
        const own = list.find(({ name }) => name === form) ?? list.find(({ name }) => name === '*');
        return own === undefined ? undefined : (own.weight ?? 1000);
      };
      const forms = acceptedForms(shown(list), offered);
      for (const coding of CODINGS) {
        const isWanted = offered.includes(coding) && (weightOf(coding) ?? 0) > 0;
        if (forms.includes(coding) !== isWanted) return false;
      }
      if (forms.includes('identity') !== (weightOf('identity') !== 0)) return false;
      const codings = forms.filter((form) => form !== 'identity');
      return codings.every(
        (coding, i) => i === 0 || (weightOf(codings[i - 1] ?? '') ?? 0) >= (weightOf(coding) ?? 0),
      );
    }),
  );
});
