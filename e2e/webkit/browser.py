#!/usr/bin/python3
"""A WebKitGTK browser for WebKitWebDriver to drive. MiniBrowser --automation keeps nothing on the disk, and then a page has no
OPFS; this one has a profile in the folder SLIPWAY_PROFILE. All requests go through SLIPWAY_PROXY where there is one. Each page
may use every device and play sound, and runs the script in the file SLIPWAY_PRELUDE, as it is when the page opens, before its own."""

import os
import gi
gi.require_version('Gtk', '3.0')
gi.require_version('WebKit2', '4.1')
from gi.repository import Gtk, WebKit2  # noqa: E402

profile = os.environ['SLIPWAY_PROFILE']
manager = WebKit2.WebsiteDataManager(base_data_directory=profile + '/data', base_cache_directory=profile + '/cache')
if os.environ.get('SLIPWAY_PROXY'):
    manager.set_network_proxy_settings(WebKit2.NetworkProxyMode.CUSTOM, WebKit2.NetworkProxySettings.new(os.environ['SLIPWAY_PROXY'], None))
context = WebKit2.WebContext.new_with_website_data_manager(manager)
context.set_automation_allowed(True)
settings = WebKit2.Settings(enable_media_stream=True, enable_mock_capture_devices=True, enable_write_console_messages_to_stdout=True)


def allow(view, request):
    request.allow()
    return True


def prelude():
    try:
        with open(os.environ['SLIPWAY_PRELUDE'], encoding='utf8') as file:
            return file.read()
    except FileNotFoundError:
        return ''


def open_window(session):
    content = WebKit2.UserContentManager()
    content.add_script(WebKit2.UserScript(prelude(), WebKit2.UserContentInjectedFrames.ALL_FRAMES, WebKit2.UserScriptInjectionTime.START, None, None))
    view = WebKit2.WebView(web_context=context, is_controlled_by_automation=True, user_content_manager=content, settings=settings,
                           website_policies=WebKit2.WebsitePolicies(autoplay=WebKit2.AutoplayPolicy.ALLOW))
    view.connect('permission-request', allow)
    window = Gtk.Window(default_width=1200, default_height=950)
    window.add(view)
    window.show_all()
    return view


def started(context, session):
    info = WebKit2.ApplicationInfo()
    info.set_name('slipway-webkit')
    info.set_version(WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version())
    session.set_application_info(info)
    session.connect('create-web-view::window', open_window)
    session.connect('create-web-view::tab', open_window)


context.connect('automation-started', started)
Gtk.main()
