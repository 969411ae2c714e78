import { flushPromises, mount } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '../src/api/client'
import { isShaky, reached, unreached } from '../src/live/connection'
import { useLoad } from '../src/live/load'

function page<T>(fn: () => Promise<T>) {
  let load!: ReturnType<typeof useLoad<T>>
  mount(defineComponent({
    setup() {
      load = useLoad(fn)
      return () => h('p', load.state)
    },
  }))
  return load
}
const lost = () => new Problem(0, 'no_network', '连不上网络')

beforeEach(() => reached())

describe('useLoad', () => {
  it('goes from loading to content, or to nothing', async () => {
    const load = page(async () => ({ items: [1] }))
    expect(load.state).toBe('loading')
    await flushPromises()
    expect(load.state).toBe('content')
    const none = page(async () => ({ items: [] }))
    await flushPromises()
    expect(none.state).toBe('empty')
  })

  it('keeps what it has when the network goes, and not when the server says no', async () => {
    const ask = vi.fn<() => Promise<string>>().mockResolvedValueOnce('first')
    const load = page(ask)
    await flushPromises()
    ask.mockRejectedValueOnce(lost())
    await load.reload()
    expect([load.state, load.data]).toEqual(['content', 'first'])
    ask.mockRejectedValueOnce(new Problem(404, 'not_found', '没有找到'))
    await load.reload()
    expect(load.state).toBe('error')
  })

  it('asks again when the server is back', async () => {
    const ask = vi.fn<() => Promise<string>>().mockRejectedValueOnce(lost()).mockResolvedValueOnce('late')
    const load = page(ask)
    unreached()
    await flushPromises()
    expect([load.state, isShaky.value]).toEqual(['error', true])
    reached()
    await flushPromises()
    expect([load.state, load.data]).toEqual(['content', 'late'])
  })

  it('asks to sign in where that is what is missing', async () => {
    const load = page(() => Promise.reject(new Problem(401, 'sign_in_needed', '请先登录')))
    await flushPromises()
    expect(load.state).toBe('signin')
  })

  it('drops an answer that was overtaken', async () => {
    const waiting: ((value: string) => void)[] = []
    const load = page(() => new Promise<string>((resolve) => waiting.push(resolve)))
    void load.reload()
    waiting[1]?.('new')
    await flushPromises()
    waiting[0]?.('old')
    await flushPromises()
    expect(load.data).toBe('new')
  })
})
