package interop;

/** One line for the test: a word, then fields, all parted by tabs. */
final class Line {
    private final StringBuilder text;

    Line(String word) {
        text = new StringBuilder(word);
    }

    Line put(String name, Object value) {
        String clean = String.valueOf(value).replaceAll("\\s+", " ");
        text.append('\t').append(name).append('=').append(clean);
        return this;
    }

    void print() {
        synchronized (System.out) {
            System.out.println(text);
            System.out.flush();
        }
    }
}
