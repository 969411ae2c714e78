import { flushPromises, mount } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { draftOf, dropDraft, keepDraft } from '../src/live/draft'
import { joined, useFeed } from '../src/live/feed'

const ids = (items: { id: string }[]) => items.map(({ id }) => id).join('')
const list = (text: string) => [...text].map((id) => ({ id }))

describe('a list in pages', () => {
  it('keeps what was read further down when something new comes on top', () => {
    expect(ids(joined({ items: list('zyx'), next: 'c' }, list('yxwv')))).toBe('zyxwv')
    expect(ids(joined({ items: list('zyx'), next: null }, list('yxwv')))).toBe('zyx')
  })

  it('begins anew where something in the middle would be missing', () => {
    expect(ids(joined({ items: list('zyx'), next: 'c' }, list('dcb')))).toBe('zyx')
  })

  it('reads on from where it stands, also after a look at the newest', async () => {
    const pages: Record<string, { items: { id: string }[]; next: string | null }> = {
      '': { items: list('fe'), next: 'e' },
      e: { items: list('dc'), next: 'c' },
      c: { items: list('ba'), next: null },
    }
    const read = vi.fn(async (cursor?: string) => pages[cursor ?? '']!)
    let feed!: ReturnType<typeof useFeed<{ id: string }>>
    mount(defineComponent({ setup: () => { feed = useFeed(read); return () => h('p') } }))
    await flushPromises()
    await feed.readOn()
    expect(ids(feed.items)).toBe('fedc')
    pages[''] = { items: list('gf'), next: 'f' }
    await feed.first.reload()
    expect(ids(feed.items)).toBe('gfedc')
    await feed.readOn()
    expect([ids(feed.items), feed.hasMore]).toEqual(['gfedcba', false])
    await feed.readOn()
    expect(read).toHaveBeenCalledTimes(4)
  })
})

describe('a draft', () => {
  it('is there after a reload, over fields that are new since', () => {
    keepDraft('survey-1', { step: 3 })
    expect(draftOf('survey-1', { step: 0, comment: '' })).toEqual({ step: 3, comment: '' })
    dropDraft('survey-1')
    expect(draftOf('survey-1', { step: 0 })).toEqual({ step: 0 })
  })

  it('is forgotten after a week', () => {
    keepDraft('old', { text: 'a' })
    vi.setSystemTime(Date.now() + 8 * 86_400_000)
    expect(draftOf('old', { text: '' })).toEqual({ text: '' })
    vi.useRealTimers()
  })
})
