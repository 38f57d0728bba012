package slipway.upload;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** As much JSON as the broker's answers need (RFC 8259). Objects are maps, arrays lists, numbers longs or doubles. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) { this.text = text; }

  /** @throws IllegalArgumentException if it is no JSON object */
  static Map<String, Object> object(String text) {
    Json json = new Json(text);
    Object value = json.value();
    json.space();
    if (!(value instanceof Map) || json.at < text.length()) throw json.wrong();
    return asMap(value);
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> asMap(Object value) { return (Map<String, Object>) value; }

  /** The objects of an array; none if there is no array. */
  static List<Map<String, Object>> objects(Object value) {
    List<Map<String, Object>> all = new ArrayList<>();
    if (value instanceof List) for (Object item : (List<?>) value) all.add(asMap(item));
    return all;
  }

  static long number(Object value) { return value instanceof Number ? ((Number) value).longValue() : 0; }

  static String string(Object value) { return value instanceof String ? (String) value : ""; }

  /** A string as JSON has it, or what else a value looks like. */
  static String write(Object value) {
    if (value instanceof Map) {
      List<String> members = new ArrayList<>();
      asMap(value).forEach((name, member) -> { if (member != null) members.add(quote(name) + ":" + write(member)); });
      return "{" + String.join(",", members) + "}";
    }
    if (value instanceof List) {
      List<String> items = new ArrayList<>();
      for (Object item : (List<?>) value) items.add(write(item));
      return "[" + String.join(",", items) + "]";
    }
    return value instanceof String ? quote((String) value) : String.valueOf(value);
  }

  private static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < ' ') out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  private Object value() {
    space();
    if (at >= text.length()) throw wrong();
    switch (text.charAt(at)) {
      case '{': return members();
      case '[': return items();
      case '"': return quoted();
      default: return word();
    }
  }

  private Map<String, Object> members() {
    Map<String, Object> members = new LinkedHashMap<>();
    at++;
    for (space(); !take('}'); space()) {
      if (!members.isEmpty() && !take(',')) throw wrong();
      space();
      String name = quoted();
      space();
      if (!take(':')) throw wrong();
      members.put(name, value());
    }
    return members;
  }

  private List<Object> items() {
    List<Object> items = new ArrayList<>();
    at++;
    for (space(); !take(']'); space()) {
      if (!items.isEmpty() && !take(',')) throw wrong();
      items.add(value());
    }
    return items;
  }

  private String quoted() {
    if (!take('"')) throw wrong();
    StringBuilder out = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') return out.toString();
      out.append(c == '\\' ? escaped() : c);
    }
    throw wrong();
  }

  private char escaped() {
    if (at >= text.length()) throw wrong();
    char c = text.charAt(at++);
    if (c != 'u') {
      int which = "nrtbf".indexOf(c);
      return which < 0 ? c : "\n\r\t\b\f".charAt(which);
    }
    if (at + 4 > text.length()) throw wrong();
    at += 4;
    return (char) Integer.parseInt(text.substring(at - 4, at), 16);
  }

  /** true, false, null or a number. */
  private Object word() {
    int from = at;
    while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) at++;
    String word = text.substring(from, at);
    switch (word) {
      case "true": return true;
      case "false": return false;
      case "null": return null;
      default:
        if (word.matches("-?[0-9]{1,18}")) return Long.parseLong(word);
        try {
          return Double.parseDouble(word);
        } catch (NumberFormatException e) {
          throw wrong();
        }
    }
  }

  private boolean take(char c) {
    boolean there = at < text.length() && text.charAt(at) == c;
    if (there) at++;
    return there;
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }

  private IllegalArgumentException wrong() { return new IllegalArgumentException("no JSON at character " + at); }
}
