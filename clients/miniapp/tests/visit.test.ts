import { flushPromises, mount } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Schema } from '../src/api/client'
import { drawn, useCode } from '../src/visits/code'
import { afterFailures, callOf, FAR_SECONDS, NEAR_SECONDS, nextLook, type Place } from '../src/visits/place'
import { framesOf } from '../src/api/stream'
import { surveyOf } from '../src/visits/survey'

const place = (state: string, more: Partial<Place> = {}): Place =>
  ({ state, number: 'E001', ahead: 9, room: null, wait: null, wait_note: null, stage: '', next_place: null, pause: null, version: 1, steps: [], ticket_id: null, ...more })

describe('the stream of the place', () => {
  it('is cut into whole frames, and a comment is none', () => {
    const found = framesOf('retry: 2000\n\n: ping\n\nid: 4\nevent: called\ndata: {"a":1}\n\nid: 5\nev')
    expect(found).toEqual({ events: [{ kind: 'called', data: '{"a":1}' }], rest: 'id: 5\nev' })
  })
  it('is replaced by looks that become rarer while they fail', () => {
    expect([0, 1, 2, 9].map((failures) => afterFailures(NEAR_SECONDS, failures))).toEqual([4, 8, 16, 60])
  })
})

describe('the place in the queue', () => {
  it.each<[string, Place | null, boolean, number | null]>([
    ['nothing known yet', null, true, NEAR_SECONDS],
    ['not checked in, today', place('booked', { number: null }), true, NEAR_SECONDS],
    ['not checked in, another day', place('booked', { number: null }), false, null],
    ['far', place('waiting'), true, FAR_SECONDS],
    ['near', place('waiting', { ahead: 3 }), true, NEAR_SECONDS],
    ['called', place('called'), true, NEAR_SECONDS],
    ['over', place('done'), true, null],
    ['cancelled', place('cancelled', { number: null }), true, null],
  ])('%s', (_, now, isToday, seconds) => expect(nextLook(now, isToday)).toBe(seconds))

  it('takes a recall for another call, and nothing else for one', () => {
    expect(callOf(place('called'))).not.toBe(callOf(place('called', { version: 2 })))
    expect([callOf(place('waiting')), callOf(null)]).toEqual(['', ''])
  })
})

describe('the survey about a visit', () => {
  const visit = {
    patient: { name: '陈小雨' }, department: { name: '急诊医学科' }, slot: { starts_at: '2026-11-22T09:00:00+08:00' },
    visit: { finished_at: '2026-11-22T09:40:00+08:00' },
  } as Schema<'AppointmentDetail'>
  const survey = (id: string, more: Partial<Schema<'SurveyView'>> = {}) =>
    ({ id, patient_name: '陈小雨', department_name: '急诊医学科', visited_at: '2026-11-22T09:20:00+08:00', answered: false, state: 'invited', ...more }) as Schema<'SurveyView'>

  it('is that of the same person, department and day, the open one first', () => {
    const all = [
      survey('other', { patient_name: '陈大雨' }), survey('yesterday', { visited_at: '2026-11-21T09:20:00+08:00' }),
      survey('answered', { answered: true, state: 'answered' }), survey('open'),
    ]
    expect(surveyOf(visit, all)?.id).toBe('open')
    expect(surveyOf(visit, all.slice(0, 3))?.id).toBe('answered')
    expect(surveyOf(visit, [survey('late', { state: 'expired' })])).toBeNull()
  })
})

describe('the code', () => {
  const answered: string[] = []
  let network = true
  let code!: ReturnType<typeof useCode>

  beforeEach(() => {
    vi.useFakeTimers()
    network = true
    answered.length = 0
    vi.mocked(uni.request).mockImplementation(((call: { success: (result: unknown) => void; fail: (result: unknown) => void }) => {
      if (!network) return call.fail({ errMsg: 'request:fail' })
      answered.push(`H2.code-${answered.length}`)
      call.success({ statusCode: 200, data: { code: answered.at(-1), next_in: 20, expires_in: 50 }, header: {} })
    }) as never)
    mount(defineComponent({ setup: () => { code = useCode(() => 'a'); return () => h('p') } }))
    code.start()
  })
  afterEach(() => {
    code.stop()
    vi.useRealTimers()
  })

  it('is drawn as a picture', () => expect(drawn('H2.x')).toMatch(/^data:image\/gif;base64,/))

  it('renews itself before the old one ends', async () => {
    await flushPromises()
    expect([code.isGood.value, code.left.value, code.renewsIn.value, answered.length]).toEqual([true, 50, 21, 1])
    await vi.advanceTimersByTimeAsync(19_000)
    expect(answered.length).toBe(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect([answered.length, code.left.value > 45]).toEqual([2, true])
  })

  it('never lapses on a network that takes twelve seconds', async () => {
    await flushPromises()
    const request = vi.mocked(uni.request).getMockImplementation()!
    vi.mocked(uni.request).mockImplementation(((call: never) => { setTimeout(() => request(call), 12_000) }) as never)
    for (let second = 0; second < 300; second++) {
      await vi.advanceTimersByTimeAsync(1_000)
      expect([second, code.isGood.value]).toEqual([second, true])
    }
    expect(answered.length).toBeGreaterThan(5)
  })

  it('shows the old one while it is good, then nothing, and comes back by itself', async () => {
    await flushPromises()
    network = false
    await vi.advanceTimersByTimeAsync(45_000)
    expect([code.isGood.value, code.problem.value?.status]).toEqual([true, 0])
    await vi.advanceTimersByTimeAsync(6_000)
    expect(code.isGood.value).toBe(false)
    network = true
    await vi.advanceTimersByTimeAsync(6_000)
    expect([code.isGood.value, code.problem.value]).toEqual([true, null])
  })

  it('asks no more once it is stopped', async () => {
    await flushPromises()
    code.stop()
    await vi.advanceTimersByTimeAsync(300_000)
    expect(answered.length).toBe(1)
  })
})
