import { expect, test } from 'vitest'
import { signLoginState } from '../../src/index.ts'
import { vectors } from '../support/vectors.ts'

const { session_key, post_data, signature } = vectors.loginStateHmac

test('the sample of WeChat’s page comes out: the text of the key signs', () => {
  expect(signLoginState({ session_key, body: post_data })).toBe(signature)
  expect(signLoginState({ session_key, body: Buffer.from(post_data) })).toBe(signature)
})

test('a GET is signed over nothing', () => {
  const expected = vectors.madeHere.signature_of_empty_string
  expect(signLoginState({ session_key })).toBe(expected)
})
