#!/usr/bin/env python3
"""Prints Protocol/NormalForm.Table.cs from the Unicode data that Python carries. Normal forms of assigned characters never change
(https://www.unicode.org/policies/stability_policy.html), so this is needed again only for characters that are newer than the table."""
import base64
import unicodedata


def numbers(values):
    """Whole numbers in base 128, low digits first, the high bit where more follow."""
    out = bytearray()
    for value in values:
        while value >= 128:
            out.append(value % 128 + 128)
            value //= 128
        out.append(value)
    return base64.b64encode(bytes(out)).decode()


def steps(values):
    """Each value as its distance from the one before it."""
    return [value - before for before, value in zip([0, *values], values)]


def runs(marked):
    """A dictionary of code points as a list of [first, length, mark]."""
    found = []
    for code in sorted(marked):
        if found and code == found[-1][0] + found[-1][1] and marked[code] == found[-1][2]:
            found[-1][1] += 1
        else:
            found.append([code, 1, marked[code]])
    return found


def composed(text):
    return unicodedata.normalize("NFC", text)


classes, pairs = {}, {}
for code in range(0x110000):
    if 0xD800 <= code <= 0xDFFF or 0xAC00 <= code <= 0xD7A3:
        continue
    if composed(chr(code)) != chr(code):
        classes[code] = 255
    elif unicodedata.combining(chr(code)):
        classes[code] = unicodedata.combining(chr(code))
    parts = unicodedata.decomposition(chr(code)).split()
    if len(parts) == 2 and not parts[0].startswith("<"):
        first, second = (int(part, 16) for part in parts)
        if composed(chr(first) + chr(second)) == chr(code):
            pairs.setdefault(second, []).append((first, code))

found = runs(classes)
class_numbers = [n for step, run in zip(steps([run[0] for run in found]), found) for n in (step, run[1], run[2])]
seconds = sorted(pairs)
pair_numbers = []
for step, second in zip(steps(seconds), seconds):
    firsts, results = zip(*sorted(pairs[second]))
    pair_numbers += [step, len(firsts)]
    for first, result in zip(steps(firsts), steps(results)):
        pair_numbers += [first, result * 2 if result >= 0 else -result * 2 - 1]


def literal(name, comment, values):
    text = numbers(values)
    lines = [text[i:i + 120] for i in range(0, len(text), 120)]
    print(f"    /// <summary>{comment}</summary>")
    print(f"    private const string {name} =")
    print(" +\n".join(f'        "{line}"' for line in lines) + ";")


print("namespace OrleansChat.Protocol;\n")
print(f"/// <summary>Unicode {unicodedata.unidata_version}, as tools/normal-form-table.py wrote it: whole numbers in base 128, in base64.</summary>")
print("internal static partial class NormalForm\n{")
literal("ClassRuns", "Runs of combining classes, each: steps from the run before, length, class. Class 255 is never in normal form C.", class_numbers)
print()
literal("ComposingPairs", "For each character that composes with ones before it: steps, how many those are, and for each of them the steps\n    /// to it and, doubled (and less one where they go back), the steps to what the two become.", pair_numbers)
print("}")
