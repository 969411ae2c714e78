import { describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import pages from '../src/pages.json'
import { keepToken } from '../src/api/client'
import { markRead, messages, unread, type Message } from '../src/inbox/inbox'
import { KNOWN, wayOf } from '../src/inbox/link'

const message = (more: Partial<Message> = {}): Message => ({
  id: 'm', event: 'queue_called', title: '请到 3 诊室', lines: [], link: '', actions: [], patient_id: null,
  subject_kind: 'ticket', subject_id: 't', created_at: '2026-11-22T09:00:00+08:00', read_at: null, ...more,
})
function answers(data: unknown): void {
  vi.mocked(uni.request).mockImplementationOnce((({ success }: { success: (result: unknown) => void }) =>
    success({ statusCode: 200, data, header: {} })) as never)
}

describe('links of messages', () => {
  it.each([
    ['pages/appointment/appointment?id=1', { to: 'page', url: '/pages/appointment/appointment?id=1' }],
    ['/pages/home/home?x=1', { to: 'tab', url: '/pages/home/home' }],
    ['pages/messages/messages', { to: 'here' }],
    ['', { to: 'nowhere' }],
    ['pages/payment/payment?id=1', { to: 'unknown' }],
    ['pages/survey/other', { to: 'unknown' }],
    ['https://example.com/', { to: 'unknown' }],
  ])('%s', (link, way) => expect(wayOf(link)).toEqual(way))

  it('may lead to every page of the app', () => {
    expect(KNOWN.map((name) => `pages/${name}/${name}`).sort()).toEqual(pages.pages.map(({ path }) => path).sort())
  })
})

describe('the inbox', () => {
  it('shows on the tab how many are unread, and one less once one is read', async () => {
    keepToken('token')
    const badge = vi.fn()
    const noBadge = vi.fn()
    Object.assign(uni, { setTabBarBadge: badge, removeTabBarBadge: noBadge })
    answers({ items: [message()], next: null, unread: 1 })
    await messages()
    await nextTick()
    expect(badge).toHaveBeenLastCalledWith(expect.objectContaining({ index: 2, text: '1' }))
    answers(message({ read_at: '2026-11-22T09:01:00+08:00' }))
    expect((await markRead(message())).read_at).toBeTruthy()
    await nextTick()
    expect([unread.value, noBadge.mock.calls.length]).toEqual([0, 1])
  })

  it('does not tell the server twice', async () => {
    await markRead(message({ read_at: '2026-11-22T09:01:00+08:00' }))
    expect(uni.request).not.toHaveBeenCalled()
  })
})

describe('while the app is open', () => {
  it('looks again at every word of the server, and rests when it is put away', async () => {
    const { watchInbox, restInbox } = await import('../src/inbox/inbox')
    keepToken('token')
    let say: (chunk: Uint8Array) => void = () => undefined
    const body = new ReadableStream({ start: (way) => { say = (chunk) => way.enqueue(chunk) } })
    const fetched = vi.fn().mockResolvedValue(new Response(body))
    vi.stubGlobal('fetch', fetched)
    answers({ items: [], next: null, unread: 0 })
    watchInbox()
    expect(fetched.mock.calls[0][0]).toContain('/api/v1/messages/events')
    for (const unreadNow of [1, 2]) {
      answers({ items: [message()], next: null, unread: unreadNow })
      say(new TextEncoder().encode('event: changed\nid: 1\ndata: {}\n\n'))
      await vi.waitFor(() => expect(unread.value).toBe(unreadNow))
    }
    restInbox()
    expect(fetched.mock.calls[0][1].signal.aborted).toBe(true)
    vi.unstubAllGlobals()
  })
})
