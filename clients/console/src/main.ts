import 'element-plus/theme-chalk/base.css'
import './styles/fonts'
import './styles/base.scss'
import './styles/element.scss'
import { createApp } from 'vue'
import App from './App.vue'
import { followNewBuilds } from './new-build'
import { router } from './router'
import { i18n } from './texts'

followNewBuilds(router)
createApp(App).use(router).use(i18n).mount('#app')
