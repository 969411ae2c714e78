/** The page's moments, for tests: a page loads before it is mounted and is shown when it is. */
import { onBeforeMount, onMounted, onUnmounted } from 'vue'

export const onLoad = (hook: (query: Record<string, string>) => void) => onBeforeMount(() => hook({}))
export const onShow = onMounted
export const onUnload = onUnmounted
export const onLaunch = () => undefined
export const onHide = () => undefined
export const onReady = () => undefined
export const onReachBottom = () => undefined
export const onPullDownRefresh = () => undefined
