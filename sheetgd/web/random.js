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

// Wichura's AS241, with the coefficients of Python's statistics module: for the middle, the sides and
// the tails the polynomial above and the one below, eight each, the highest power first.
const COEFFICIENTS = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
  1971.5909503065513, 133.14166789178438, 3.3871328727963665, 5226.495278852854, 28729.085735721943,
  39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579, 42.31333070160091, 1,
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
  3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835,
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
  0.6897673349851, 1.6763848301838038, 2.053191626637759, 1, 2.0103343992922881e-7,
  2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103, 2.0442631033899397e-15,
  1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
];

function inverseNormal(p) {
  const polynomial = (which, r) =>
    COEFFICIENTS.slice(8 * which, 8 * which + 8).reduce((sum, term) => sum * r + term);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (polynomial(0, r) * q) / polynomial(1, r);
  }
  const r = Math.sqrt(-Math.log(q <= 0 ? p : 1 - p));
  const [which, centre] = r <= 5 ? [2, 1.6] : [4, 5];
  const found = polynomial(which, r - centre) / polynomial(which + 1, r - centre);
  return q < 0 ? -found : found;
}

function normalNumbers(count, seed) {
  const generator = new Random(seed);
  return Array.from({ length: count }, () => inverseNormal(generator.random() || 2 ** -53));
}
