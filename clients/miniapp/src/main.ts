import { createSSRApp } from 'vue'
import App from './App.vue'

/** uni-app asks for this name and this shape on both targets. */
export function createApp() {
  return { app: createSSRApp(App) }
}
