-- Only an owner's mails are looked for by their correspondence; a buyer's mail has two entries less to write.
create index mail_of_owner on mail (correspondence_id) where audience = 'owner';
drop index mail_correspondence_id;
-- Whether an address refused several mails of the last days is asked from those that came back.
create index bounce_soft on bounce (seen_at) where verdict = 'soft';
