#!/usr/bin/env node
// Prints Protocol/NormalForm.Table.cs, from the Unicode data in Node.js.
//
// Normal forms of assigned characters never change (https://www.unicode.org/policies/stability_policy.html). So run
// this script again only to support characters that are newer than the table. It then needs a Node.js with a newer
// Unicode version (process.versions.unicode).

// The combining classes of Unicode, each with one mark of this class. Normalization does not show a mark's class, but
// it puts two marks in the order of their classes. So the class of another mark follows from its order relative to
// these marks.
const marks = [
  [1, 0x0334], [6, 0x16FF0], [7, 0x093C], [8, 0x3099], [9, 0x094D], [10, 0x05B0], [11, 0x05B1], [12, 0x05B2],
  [13, 0x05B3], [14, 0x05B4], [15, 0x05B5], [16, 0x05B6], [17, 0x05B7], [18, 0x05B8], [19, 0x05B9], [20, 0x05BB],
  [21, 0x05BC], [22, 0x05BD], [23, 0x05BF], [24, 0x05C1], [25, 0x05C2], [26, 0xFB1E], [27, 0x064B], [28, 0x064C],
  [29, 0x064D], [30, 0x0618], [31, 0x0619], [32, 0x061A], [33, 0x0651], [34, 0x0652], [35, 0x0670], [36, 0x0711],
  [84, 0x0C55], [91, 0x0C56], [103, 0x0E38], [107, 0x0E48], [118, 0x0EB8], [122, 0x0EC8], [129, 0x0F71], [130, 0x0F72],
  [132, 0x0F74], [202, 0x0321], [214, 0x1DCE], [216, 0x031B], [218, 0x1DFA], [220, 0x0316], [222, 0x059A],
  [224, 0x302E], [226, 0x1D16D], [228, 0x05AE], [230, 0x0300], [232, 0x0315], [233, 0x035C], [234, 0x035D],
  [240, 0x0345],
].map(([combining, code]) => ({ combining, character: String.fromCodePoint(code) }));

const [lowest, highest] = [marks[0], marks.at(-1)];
const replaced = 255;

/** Whether normalization changes the order of two characters. */
const reorders = (first, second) => (first + second).normalize('NFD') !== first + second;

/** Returns the combining class of a character that does not decompose. */
function combiningClass(character) {
  if (!reorders(highest.character, character) && !reorders(character, lowest.character)) {
    return 0;
  }

  const same = marks.filter(mark => !reorders(mark.character, character) && !reorders(character, mark.character));
  if (same.length !== 1) {
    throw new Error(`U+${character.codePointAt(0).toString(16)} has a combining class that 'marks' lacks.`);
  }

  return same[0].combining;
}

/** Returns the two characters that compose to this character. */
function parts(character) {
  const all = [...character.normalize('NFD')];
  const second = all.pop();
  const first = all.join('').normalize('NFC');
  if ([...first].length !== 1 || (first + second).normalize('NFC') !== character) {
    throw new Error(`U+${character.codePointAt(0).toString(16)} does not compose from two characters.`);
  }

  return [first.codePointAt(0), second.codePointAt(0)];
}

/**
 * Writes each number in base 128, low digits first, and encodes all bytes as base64. The high bit of a byte is set if
 * the same number has more digits. The numbers must not be negative.
 */
function encode(numbers) {
  const bytes = [];
  for (let number of numbers) {
    for (; number >= 128; number = Math.floor(number / 128)) {
      bytes.push(number % 128 + 128);
    }

    bytes.push(number);
  }

  return Buffer.from(bytes).toString('base64');
}

/** Returns the distance of each value from the previous value. The distance of the first value is from 0. */
const steps = values => values.map((value, i) => value - (i > 0 ? values[i - 1] : 0));

const runs = [];
const pairs = new Map();
for (let code = 0; code < 0x110000; code++) {
  // Skip surrogates, which are not characters, and Hangul syllables, which NormalForm.cs computes.
  if ((code >= 0xD800 && code <= 0xDFFF) || (code >= 0xAC00 && code <= 0xD7A3)) {
    continue;
  }

  const character = String.fromCodePoint(code);
  let combining = 0;
  if (character.normalize('NFC') !== character) {
    combining = replaced;
  } else if (character.normalize('NFD') === character) {
    combining = combiningClass(character);
  } else {
    const [first, second] = parts(character);
    pairs.set(second, [...pairs.get(second) ?? [], { first, code }]);
  }

  const run = runs.at(-1);
  if (combining > 0 && run?.combining === combining && run.start + run.length === code) {
    run.length++;
  } else if (combining > 0) {
    runs.push({ start: code, length: 1, combining });
  }
}

const runSteps = steps(runs.map(run => run.start));
const classNumbers = runs.flatMap((run, i) => [runSteps[i], run.length, run.combining]);
const seconds = [...pairs.keys()].sort((a, b) => a - b);
const secondSteps = steps(seconds);
const pairNumbers = seconds.flatMap((second, i) => {
  const entries = pairs.get(second).sort((a, b) => a.first - b.first);
  const firsts = steps(entries.map(entry => entry.first));
  const results = steps(entries.map(entry => entry.code)).map(step => step >= 0 ? step * 2 : -step * 2 - 1);
  return [secondSteps[i], entries.length, ...firsts.flatMap((first, j) => [first, results[j]])];
});

const literal = numbers => encode(numbers).match(/.{1,120}/g).map(line => `        "${line}"`).join(' +\n');

console.log(`namespace OrleansChat.Protocol;

/// <summary>
/// Data of Unicode ${process.versions.unicode}, generated by tools/normal-form-table.mjs: numbers in base 128, encoded as base64.
/// </summary>
internal static partial class NormalForm
{
    /// <summary>
    /// Runs of characters with the same combining class. A run is written as three numbers: the distance from the start
    /// of the previous run, the number of characters, and the class. Class 255 marks characters that normal form C
    /// never contains.
    /// </summary>
    private const string ClassRuns =
${literal(classNumbers)};

    /// <summary>
    /// One entry for each character that can be the second of two characters that compose. An entry has the distance of
    /// this character from the one of the previous entry, the number of pairs, and the pairs. A pair has two numbers.
    /// The first number is the distance of the pair's first character from the first character of the previous pair.
    /// The second number stands for d, the distance of the pair's composed character from the composed character of the
    /// previous pair. d can be negative. The number is 2d if d is at least 0, and -2d - 1 if d is negative. The first
    /// entry, and the first pair of each entry, count their distances from 0.
    /// </summary>
    private const string ComposingPairs =
${literal(pairNumbers)};
}`);
