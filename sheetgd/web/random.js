"use strict";
// Python's random numbers: the Mersenne Twister as random.Random(seed) begins it, and
// statistics.NormalDist().inv_cdf, so that a seed means the same orders and starts as there.
class Random {
  constructor(seed) {
    let left = BigInt(seed) < 0n ? -BigInt(seed) : BigInt(seed);
    const key = [];
    do {
      key.push(Number(left & 0xffffffffn));
      left >>= 32n;
    } while (left > 0n);
    const mt = (this.state = new Uint32Array(624));
    mt[0] = 19650218;
    for (let i = 1; i < 624; i++) mt[i] = Math.imul(1812433253, mt[i - 1] ^ (mt[i - 1] >>> 30)) + i;
    const mixed = (i, factor) => mt[i] ^ Math.imul(mt[i - 1] ^ (mt[i - 1] >>> 30), factor);
    let i = 1;
    const next = () => {
      if (++i >= 624) {
        mt[0] = mt[623];
        i = 1;
      }
    };
    for (let k = 0, j = 0; k < Math.max(624, key.length); k++) {
      mt[i] = mixed(i, 1664525) + key[j] + j;
      next();
      j = (j + 1) % key.length;
    }
    for (let k = 1; k < 624; k++) {
      mt[i] = mixed(i, 1566083941) - i;
      next();
    }
    mt[0] = 0x80000000;
    this.at = 624;
  }

  word() {
    const mt = this.state;
    if (this.at === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (mt[i] & 0x80000000) | (mt[(i + 1) % 624] & 0x7fffffff);
        mt[i] = mt[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.at = 0;
    }
    let y = mt[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  // 53 bits of two words.
  random() {
    const high = this.word() >>> 5;
    return (high * 67108864 + (this.word() >>> 6)) / 9007199254740992;
  }

  // An order of the rows 0 to rows - 1, as sheetgd/lesson/data.py draws it.
  order(rows) {
    const keys = Array.from({ length: rows }, () => this.random());
    return [...keys.keys()].sort((one, other) => keys[one] - keys[other]);
  }
}

// Wichura's AS241, with the coefficients of Python's statistics module, the highest power first.
const CENTRAL = [
  [
    2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
    13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
  ],
  [
    5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
    5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1,
  ],
];
const MIDDLE = [
  [
    7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.4178072517745061177e-1,
    1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
    1.42343711074968357734,
  ],
  [
    1.05075007164441684324e-9, 5.475938084995344946e-4, 1.51986665636164571966e-2,
    1.4810397642748007459e-1, 6.8976733498510000455e-1, 1.6763848301838038494,
    2.05319162663775882187, 1,
  ],
];
const OUTER = [
  [
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.2426609473880784386e-3,
    2.6532189526576123093e-2, 2.9656057182850489123e-1, 1.7848265399172913358,
    5.4637849111641143699, 6.6579046435011037772,
  ],
  [
    2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
    7.868691311456132591e-4, 1.48753612908506148525e-2, 1.3692988092273580531e-1,
    5.9983220655588793769e-1, 1,
  ],
];

function inverseNormal(p) {
  const polynomial = (terms, r) => terms.reduce((sum, term) => sum * r + term);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (polynomial(CENTRAL[0], r) * q) / polynomial(CENTRAL[1], r);
  }
  const r = Math.sqrt(-Math.log(q <= 0 ? p : 1 - p));
  const [above, below] = r <= 5 ? MIDDLE : OUTER;
  const found =
    polynomial(above, r - (r <= 5 ? 1.6 : 5)) / polynomial(below, r - (r <= 5 ? 1.6 : 5));
  return q < 0 ? -found : found;
}

function normalNumbers(count, seed) {
  const generator = new Random(seed);
  return Array.from({ length: count }, () => inverseNormal(generator.random() || 2 ** -53));
}
