namespace Pentode.Core;

/// <summary>Either a value or an <see cref="Errno"/>: what every operation that may fail returns. Never both, never neither.</summary>
/// <typeparam name="T">Type of the value on success.</typeparam>
public readonly struct Result<T>
{
    private readonly T _value;

    private Result(T value, Errno error)
    {
        _value = value;
        Error = error;
    }

    /// <summary><see cref="Errno.None"/> on success.</summary>
    public Errno Error { get; }

    /// <summary>True when <see cref="Value"/> may be read.</summary>
    public bool IsOk => Error == Errno.None;

    /// <summary>The value. Reading it from a failed result is a bug and throws.</summary>
    public T Value => IsOk ? _value : throw new InvalidOperationException($"result holds {Error}, not a value");

    /// <summary>The value, or the default of <typeparamref name="T"/> when the result holds an error.</summary>
    public T? ValueOrDefault => _value;

    /// <summary>Wraps a value.</summary>
    public static implicit operator Result<T>(T value) => new(value, Errno.None);

    /// <summary>Wraps an error; <see cref="Errno.None"/> is a bug and becomes EIO.</summary>
    public static implicit operator Result<T>(Errno error) => new(default!, error == Errno.None ? Errno.EIO : error);

    /// <inheritdoc/>
    public override string ToString() => IsOk ? $"{_value}" : Error.ToString();
}
