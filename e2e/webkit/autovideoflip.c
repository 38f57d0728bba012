/* autovideoflip, which WebKitGTK 2.50 puts in front of its video encoder: without it nothing is recorded. GStreamer has it from
 * 1.24 on, and Debian 12 has 1.22. WebKit's pictures stand upright here, so this one passes them on. */

#include <gst/gst.h>

#define PACKAGE "slipway"

typedef struct { GstBin parent; } Flip;
typedef struct { GstBinClass parent_class; } FlipClass;
G_DEFINE_TYPE(Flip, slipway_flip, GST_TYPE_BIN)

static GstStaticPadTemplate sink = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

/* WebKit sets video-direction, to "auto". */
static void set_property(GObject *self, guint id, const GValue *value, GParamSpec *spec) {}

static void slipway_flip_class_init(FlipClass *klass) {
  GObjectClass *object = G_OBJECT_CLASS(klass);
  GstElementClass *element = GST_ELEMENT_CLASS(klass);
  object->set_property = set_property;
  g_object_class_install_property(object, 1, g_param_spec_int("video-direction", "", "", 0, 16, 0, G_PARAM_WRITABLE));
  gst_element_class_set_static_metadata(element, "autovideoflip", "Filter/Video", "Passes pictures on", "Slipway");
  gst_element_class_add_static_pad_template(element, &sink);
  gst_element_class_add_static_pad_template(element, &src);
}

static void add_pad(Flip *self, GstElement *inner, const char *name) {
  GstPad *pad = gst_element_get_static_pad(inner, name);
  gst_element_add_pad(GST_ELEMENT(self), gst_ghost_pad_new(name, pad));
  gst_object_unref(pad);
}

static void slipway_flip_init(Flip *self) {
  GstElement *inner = gst_element_factory_make("identity", NULL);
  gst_bin_add(GST_BIN(self), inner);
  add_pad(self, inner, "sink");
  add_pad(self, inner, "src");
}

static gboolean plugin_init(GstPlugin *plugin) {
  return gst_element_register(plugin, "autovideoflip", GST_RANK_NONE, slipway_flip_get_type());
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, autovideoflip, "What GStreamer lacks before 1.24", plugin_init, "1", "Apache 2.0", PACKAGE, PACKAGE)
