import { describe, expect, it } from 'vitest'
import { countChosen, findRepeated } from '../../src/password/measure.ts'

describe('what is chosen rather than continued', () => {
  it.each([
    ['', 0],
    ['x', 1],
    ['ab', 2],
    ['abc', 1],
    ['cba', 1],
    ['aaa', 1],
    ['aabc', 2],
    ['xabcy', 3],
    ['890-=', 1],
    ['qwerty', 1],
    ['poiuy', 1],
    ['1qaz2wsx', 2],
    ['1q2w3e4r', 2],
    ['a1b2c3d4', 2],
    ['一二三四', 4],
    ['heron', 5],
  ])('of %j is %i', (text, count) => {
    expect(countChosen(text)).toBe(count)
  })
})

describe('what is repeated', () => {
  it.each([
    ['', ''],
    ['x', 'x'],
    ['ab', 'ab'],
    ['aaa', 'a'],
    ['abcabcab', 'abc'],
    ['secret, secret', 'secret, '],
    ['secret - secret', 'secret - secret'],
    ['🥟🦊🥟🦊', '🥟🦊'],
    ['heron', 'heron'],
  ])('in %j is %j', (text, repeated) => {
    expect(findRepeated(text)).toBe(repeated)
  })
})
