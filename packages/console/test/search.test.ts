import { describe, expect, it } from 'vitest'
import { readSearch } from '../src/search.ts'

describe('what is typed into the search', () => {
  it.each([
    ['usr_01HZX5', { by: 'id', value: 'usr_01HZX5' }],
    [' 138 0013-8000 ', { by: 'phone', value: '+8613800138000' }],
    ['8613800138000', { by: 'phone', value: '+8613800138000' }],
    ['+44 20 7946 0958', { by: 'phone', value: '+442079460958' }],
    ['oABCDEFGHIJKLMNOPQRSTUVWXY-_', { by: 'openid', value: 'oABCDEFGHIJKLMNOPQRSTUVWXY-_' }],
    ['小明', { by: 'nickname', value: '小明' }],
    ['12345', { by: 'nickname', value: '12345' }],
    ['our shop', { by: 'nickname', value: 'our shop' }],
  ])('reads %j as %j', (typed, found) => {
    expect(readSearch(typed)).toEqual(found)
  })

  it('is nothing to look for where it is blank', () => {
    expect(readSearch(' \t')).toBeUndefined()
  })

  it('is cut to the longest nickname', () => {
    expect(readSearch('开'.repeat(50))?.value).toHaveLength(32)
  })
})
