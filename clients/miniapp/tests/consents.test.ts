/** WeChat's pop-up: what was tapped is reported as it was, and what could not be shown reports nothing. */
import { describe, expect, it } from 'vitest'
import { resultsOf, toAsk } from '../src/visits/consents'

const ask = { template_ids: ['a', 'b'], titles: ['甲', '乙'], why: '为什么' }

describe('what was tapped', () => {
  it('is told for each template that was asked for', () => {
    const answer = { errMsg: 'requestSubscribeMessage:ok', a: 'accept', b: 'reject', c: 'accept' }
    expect(resultsOf(ask, answer)).toEqual([
      { template_id: 'a', result: 'accept' },
      { template_id: 'b', result: 'reject' },
    ])
  })

  it('leaves out what the platform did not answer', () => {
    expect(resultsOf(ask, { errMsg: 'ok', b: 'filter' })).toEqual([{ template_id: 'b', result: 'filter' }])
    expect(resultsOf(ask, {})).toEqual([])
  })
})

it('outside WeChat there is nobody to ask', async () => {
  expect(await toAsk('booked')).toBeNull()
})
