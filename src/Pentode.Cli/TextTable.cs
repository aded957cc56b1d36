namespace Pentode.Cli;

/// <summary>A table in plain text: columns as wide as their widest cell, two spaces between; a heading that begins with '&gt;' aligns right.</summary>
internal sealed class TextTable
{
    private readonly bool[] _right;
    private readonly List<string[]> _rows = [];

    public TextTable(params string[] headings)
    {
        _right = [.. headings.Select(h => h.StartsWith('>'))];
        _rows.Add([.. headings.Select(h => h.TrimStart('>'))]);
    }

    /// <summary>Adds a row with one cell for each heading. Control characters are replaced: names come from peers.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Clean)]);

    /// <summary>Writes all rows.</summary>
    public void Write(TextWriter output)
    {
        var widths = Enumerable.Range(0, _right.Length).Select(i => _rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in _rows)
        {
            var cells = row.Select((cell, i) => _right[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            output.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }

    private static string Clean(string cell) => string.Concat(cell.Select(c => char.IsControl(c) ? '?' : c));
}
