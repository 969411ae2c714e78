/** A hold of a form: taken once, exchanged for another person's, given back when the form is left. */
import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { Problem } from '../src/api/problem'
import type { Hold } from '../src/visits/holds'
import { useHold } from '../src/visits/useHold'

const { hold, giveBack, isOfForm } = vi.hoisted(() => ({ hold: vi.fn(), giveBack: vi.fn(async () => undefined), isOfForm: vi.fn(() => true) }))
vi.mock('../src/visits/holds', () => ({ hold, giveBack, isOfForm }))

const MINUTE = 60_000
const kept = (patient: string, ms = 5 * MINUTE) =>
  ({ id: `hold-${patient}`, patient: { id: patient }, held_until: new Date(Date.now() + ms).toISOString() }) as Hold
const full = new Problem(409, 'slot_full', '已约满')

function form() {
  let made!: ReturnType<typeof useHold>
  const page = mount(defineComponent({ setup: () => ((made = useHold(() => 'slot')), () => h('view')) }))
  return { hold: made, leave: () => page.unmount() }
}

beforeEach(() => {
  hold.mockReset()
  giveBack.mockClear()
  hold.mockImplementation(async (_: string, patient: string) => kept(patient))
})

describe('the hold of a form', () => {
  it('is taken once for a person and given back when the form is left', async () => {
    const one = form()
    await Promise.all([one.hold.keepFor('a'), one.hold.keepFor('a')])
    expect(hold).toHaveBeenCalledTimes(1)
    expect(one.hold.clock.value).toMatch(/^0[45]:\d\d$/)
    one.leave()
    expect(giveBack).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'hold-a' }))
  })

  it('stays when it is booked, and when the waitlist keeps it', async () => {
    const one = form()
    await one.hold.keepFor('a')
    one.hold.done()
    one.leave()
    isOfForm.mockReturnValueOnce(false)
    const other = form()
    other.hold.adopt(kept('b'))
    other.leave()
    expect(giveBack).not.toHaveBeenCalled()
  })

  it('goes to another person before the first one loses it', async () => {
    const one = form()
    await one.hold.keepFor('a')
    await one.hold.keepFor('b')
    expect(one.hold.kept.value?.id).toBe('hold-b')
    expect(giveBack).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'hold-a' }))
    expect(giveBack.mock.invocationCallOrder[0]).toBeGreaterThan(hold.mock.invocationCallOrder[1] ?? 0)
  })

  it('makes room for the other person where it is the last place', async () => {
    const one = form()
    await one.hold.keepFor('a')
    hold.mockRejectedValueOnce(full)
    await one.hold.keepFor('b')
    expect(giveBack).toHaveBeenCalledTimes(1)
    expect(one.hold.kept.value?.id).toBe('hold-b')
    expect(one.hold.refusal.value).toBeNull()
  })

  it('says a refusal, but not that the network is away', async () => {
    hold.mockRejectedValueOnce(full)
    const one = form()
    await one.hold.keepFor('a')
    expect(one.hold.refusal.value?.code).toBe('slot_full')
    hold.mockRejectedValueOnce(new Problem(0, 'no_network', ''))
    await one.hold.keepFor('b')
    expect(one.hold.refusal.value).toBeNull()
  })

  it('says when its time is over, and is asked for again', async () => {
    hold.mockResolvedValueOnce(kept('a', -1))
    const one = form()
    await one.hold.keepFor('a')
    expect(one.hold.isOver.value).toBe(true)
    await one.hold.again()
    expect([one.hold.isOver.value, hold.mock.calls.length]).toEqual([false, 2])
    one.hold.late()
    expect(one.hold.isOver.value).toBe(true)
    one.leave()
    expect(giveBack).not.toHaveBeenCalled()
  })
})
